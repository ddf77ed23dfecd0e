"""Process variables of EPICS, served by Channel Access. Needs the package caproto (the extra `epics`)."""
