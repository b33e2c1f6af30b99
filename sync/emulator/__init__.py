"""A stand-in for Microsoft Graph: one workbook in a drive, spoken to over HTTP, refusing what Graph refuses.

It imports nothing of the program it stands beside, so it can be started, killed and replaced on its own.
"""
