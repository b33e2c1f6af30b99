"""Outlook as Graph shows it: mailboxes with messages, calendars and To Do lists."""
