"""Notices to members by mail: what they are told, when and why."""
