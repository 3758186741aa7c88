"""CSV as people's spreadsheets write it: opening a file, telling its delimiter, writing one that every reader reads."""
