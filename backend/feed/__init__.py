"""Where plots come from: the input directory, the naming of its files, and what becomes of them afterwards.

May touch the file system and `backend.domain`; knows neither store nor models.
"""
