"""Alerts: rules, what they see in a session, and how the person is told."""
