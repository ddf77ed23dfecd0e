"""The one way through: read → commit → classify → judge → record. Stages, their queues and what they share."""
