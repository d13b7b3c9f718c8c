"""How OpenStack writes things down: in notifications and in API answers.

Pure: the listener reads messages with it, the cloud driver reads listings,
and so both say the same of a resource in the same words.
"""
