"""What a driver of billing is.

A driver is a function ``billing(conf)``, in the stevedore namespace
``concertim_api.billing``. It returns a
``services.billing.system.Billing``. It makes no request: the billing system
may be away when we start. It raises ``Invalid``, which names the option.

A ``services.billing.system.BillingSystem`` keeps these promises;
``tests/contract/test_billing.py`` holds every driver to them:

- what is posted, closed, credited or ended twice is so once; after any
  failure, time-out or loss of our database the call is made again, and the
  sums are right then;
- what was posted twice at once (a lock broke) is put right by ``close``;
- an item of an invoice for an earlier month, above 0 or below, comes to the
  same money, to the coin, and is billed once;
- a record that is not accepted raises ``BillingRefused`` with the reason of
  the billing system, and leaves everything else as it was;
- what is not there is made; what ended is not made again;
- an invoice that lacks a record is never taken for one that is made;
- no error and no log holds a password or a key.
"""
