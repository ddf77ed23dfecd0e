"""Label bundles and a shared server: content and labels go both ways, and accounts that may not label are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.domain.errors import StoreRefusedError
from backend.domain.labelling import PlotQuery
from backend.domain.roles import Role
from backend.engine.labelling import label_refusal
from backend.offline.applying import apply_bundle
from tests.fakes.accounts import make_hall
from tests.fakes.offline import KIND, fill_hall, label, made_bundle, open_laptop
from tests.mariadb import MariaDb


def test_that_who_may_not_label_cannot_bring_labels_either(mariadb_server: MariaDb, tmp_path: Path):
    hall = make_hall(mariadb_server)
    try:
        for role in (Role.VIEWER, Role.SHIFT):
            hall.grant(role)
        with hall.as_administrator(tmp_path) as store:
            plots = fill_hall(store, 3)
            path = made_bundle(store, tmp_path)
        with open_laptop(path, tmp_path) as laptop:
            label(laptop, plots, "Bad", "laptop")
        with hall.open(Role.VIEWER, tmp_path) as store:
            assert "the role of this account is viewer" in label_refusal(store)
            assert "shift, labeller, coordinator, expert" in label_refusal(store)
            with pytest.raises(StoreRefusedError, match="role does not include it"):
                apply_bundle(store, path)
            with pytest.raises(StoreRefusedError, match="role does not include it"):
                made_bundle(store, tmp_path, name="mine")
            assert not list(tmp_path.glob("*mine*"))
            assert len(store.labelling.listing(PlotQuery(KIND)).plot_ids) == 3
        with hall.open(Role.SHIFT, tmp_path) as store:
            assert label_refusal(store) == ""
            assert apply_bundle(store, path).written == 3
    finally:
        hall.close()
