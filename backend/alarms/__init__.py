"""Where alerts go besides the screen: mail, chat, logbooks, EPICS. Nothing here decides whether or when."""
