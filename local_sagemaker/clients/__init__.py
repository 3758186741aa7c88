"""What points AWS clients at the server: environment variables, and for Python's clients a start-up hook, since some
URLs of AWS are written into the SDKs' code.
"""
