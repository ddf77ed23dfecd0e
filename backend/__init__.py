"""The engine: takes plots in, classifies, judges, records. No Qt; runs with and without a screen."""
