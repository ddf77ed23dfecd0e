"""A database with Hydra's tables, as far as their columns are known, filled by the server itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.fakes.image_files import encoded
from tests.mariadb import MariaDb

TABLES = (
    """Plot_Types (ID INT AUTO_INCREMENT PRIMARY KEY, Name VARCHAR(100) NOT NULL, FileType VARCHAR(10),
       Description TEXT, Active_Model_ID INT, IsChunked BIT(1), CollectPercent DOUBLE, IgnorePlot TINYINT(1),
       PointOfContact VARCHAR(100))""",
    """Plots (ID INT AUTO_INCREMENT PRIMARY KEY, Plot_Types_ID INT, RunPeriod VARCHAR(64), RunNumber INT, Chunk INT,
       TrainingWeight INT, ForcedValidation TINYINT(1), ForcedTraining TINYINT(1))""",
    """Plot_Classifications (ID INT AUTO_INCREMENT PRIMARY KEY, Classification_Type_ID INT,
       Classification VARCHAR(64))""",
    """Valid_Classifications (ID INT AUTO_INCREMENT PRIMARY KEY, Plot_Types_ID INT, Plot_Classifications_ID INT)""",
    """Users_Plots (ID INT AUTO_INCREMENT PRIMARY KEY, User VARCHAR(64), Plot_ID INT, Classification_Type_ID INT,
       Plot_Classification_ID INT, Comment TEXT)""",
    """Users_Plots_History (ID INT AUTO_INCREMENT PRIMARY KEY, Transaction JSON, DateTime DATETIME)""",
    """ModelThresholds (ID INT AUTO_INCREMENT PRIMARY KEY, Model_ID INT, Plot_Classification_ID INT, Threshold DOUBLE,
       ThresholdMethod VARCHAR(32))""",
    """RunHistory (ID INT AUTO_INCREMENT PRIMARY KEY, ModelID INT, InsertDateTime TIMESTAMP NULL, RunNumber INT,
       ChunkNumber INT, DateTime DATETIME NULL, PlotType_ID INT, Output TEXT, ModelThresholds TEXT,
       Unbiased TINYINT(1))""",
)
CLASSES = ("Good", "Bad", "NoData", "Hot Wire", "Ignore")
PERIOD = "RunPeriod-2025-01"


@dataclass(frozen=True)
class HydraDatabase:
    """Filled by `make_hydra`: plot n is of plot type 1 + n % types; every run has `chunks` chunks of all of them."""

    server: MariaDb
    name: str
    plot_types: int = 6
    chunks: int = 50

    @property
    def url(self) -> str:
        return self.server.url(self.name)

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        return self.server.execute(statement.replace("INTO ", f"INTO {self.name}.", 1))

    def ask(self, query: str) -> list[tuple[object, ...]]:
        return self.server.execute(query.format(db=self.name))

    def checksum(self) -> list[tuple[object, ...]]:
        tables = ", ".join(f"{self.name}.{table.split()[0]}" for table in TABLES)
        return self.server.execute(f"CHECKSUM TABLE {tables}")

    def drop(self) -> None:
        self.server.drop(self.name)


def make_hydra(server: MariaDb, plots: int, labels: int, verdicts: int, plot_types: int = 6) -> HydraDatabase:
    """Plot types and classes as a hall has them, and so many plots, labels (in turn on all plots) and verdicts."""
    made = HydraDatabase(server, server.database(), plot_types)
    for table in TABLES:
        server.execute(f"CREATE TABLE {made.name}.{table}")
    for number in range(1, plot_types + 1):
        made.execute(
            f"INSERT INTO Plot_Types VALUES ({number}, 'Detector_{number}', 'png', 'plot {number}', {number}, b'1', 5, "
            f"0, 'expert {number}')"
        )
    for number, label in enumerate(CLASSES, 1):
        made.execute(f"INSERT INTO Plot_Classifications VALUES ({number}, 1, '{label}')")
    made.execute(
        "INSERT INTO Valid_Classifications (Plot_Types_ID, Plot_Classifications_ID) "
        f"SELECT t.seq, c.seq FROM {made.name}.seq_1_to_{plot_types} t, {made.name}.seq_1_to_{len(CLASSES)} c"
    )
    made.execute(
        "INSERT INTO ModelThresholds (Model_ID, Plot_Classification_ID, Threshold, ThresholdMethod) "
        f"SELECT t.seq, c.seq, 0.5 + c.seq / 20, 'max_f1' FROM {made.name}.seq_1_to_{plot_types} t, "
        f"{made.name}.seq_1_to_{len(CLASSES)} c"
    )
    _fill(made, plots, labels, verdicts)
    return made


def _fill(made: HydraDatabase, plots: int, labels: int, verdicts: int) -> None:
    types, chunks = made.plot_types, made.chunks
    made.execute(
        f"INSERT INTO Plots SELECT seq, 1 + seq MOD {types}, '{PERIOD}', 100000 + seq DIV {types * chunks}, "
        f"(seq DIV {types}) MOD {chunks}, seq MOD 3, seq MOD 10 = 0, seq MOD 10 = 1 "
        f"FROM {made.name}.seq_1_to_{plots}"
    )
    made.execute(
        f"INSERT INTO Users_Plots SELECT seq, CONCAT('user', seq MOD 7), 1 + (seq - 1) MOD {plots}, 1, "
        f"1 + (seq + (seq - 1) DIV {plots}) MOD 5, IF(seq MOD 4, NULL, 'looks odd') FROM {made.name}.seq_1_to_{labels}"
    )
    made.execute(
        "INSERT INTO Users_Plots_History (Transaction, DateTime) SELECT "
        "JSON_OBJECT('user', CONCAT('user', seq), 'action', 'INSERT'), '2025-02-03 04:05:06' "
        f"FROM {made.name}.seq_1_to_10"
    )
    made.execute(
        "INSERT INTO RunHistory SELECT seq, 1 + seq MOD 3, FROM_UNIXTIME(1735689600 + seq), 100000 + seq DIV 1000, "
        "seq MOD 20, '2025-07-01 12:00:00', "
        f'1 + seq MOD {types}, IF(seq MOD 2, \'{{"Good": 0.75, "Bad": 0.25}}\', '
        '\'{"Labels": {"0": "Good", "1": "Bad"}, "Confidences": [0.125, 0.875]}\'), '
        f"'{{\"Good\": 0.5}}', seq MOD 5 = 0 FROM {made.name}.seq_1_to_{verdicts}"
    )


def write_images(made: HydraDatabase, folder: Path, upto: int, every: int = 1) -> int:
    """Images of the plots numbered 1 to `upto`, all or every so many; returns how many."""
    written = 0
    for number in range(1, upto + 1, every):
        kind, chunk = 1 + number % made.plot_types, (number // made.plot_types) % made.chunks
        run = folder / PERIOD / f"Run{100_000 + number // (made.plot_types * made.chunks):06d}"
        run.mkdir(parents=True, exist_ok=True)
        (run / f"Detector_{kind}_{chunk:04d}.png").write_bytes(encoded(size=(40, 30), seed=number))
        written += 1
    return written
