"""The doctor: looks at everything the application needs and says what is wrong and how to mend it."""

from backend.services.doctor.examination import examine
from backend.services.doctor.findings import Finding, Outcome

__all__ = ["Finding", "Outcome", "examine"]
