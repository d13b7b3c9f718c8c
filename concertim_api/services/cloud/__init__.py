"""The ports of a cloud's driver.

``reading`` lists resources, ``acting`` changes them, ``logins`` logs callers
in; a ``region`` does all three.

Words: cloud, region, listing, omission, caller, action, login, password,
remainder.
"""
