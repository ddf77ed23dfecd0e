"""The window around the screens: status strip, navigation rail, the BLIND banner and messages."""
