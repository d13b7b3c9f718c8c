"""What OpenStack writes, in notifications and in answers of its APIs.

Pure functions from JSON to facts. The listener reads notifications with
them, the driver of a cloud reads listings. Words: form, spelling, facts.
"""
