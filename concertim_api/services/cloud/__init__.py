"""What a driver of a cloud is asked.

``reading`` lists what there is, ``acting`` changes it, ``logins`` tells who
somebody is; a ``region`` can do all three.
"""
