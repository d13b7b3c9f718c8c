"""What a driver of a front end is.

A driver is a function ``front_end(conf)``, in the stevedore namespace
``concertim_api.frontend``. It returns a ``services.push.frontend.FrontEnd``,
or None: there is nothing to push to. It makes no request: the front end may be
away when we start. It raises ``Invalid``, which names the option.

A ``FrontEnd`` keeps these promises; ``tests/contract/test_frontends.py``
holds every driver to them:

- what was created is in ``objects`` with its id of the cloud, and with fields
  in which nothing differs from the desired ones;
- ``objects`` are whole, or ``FrontEndAway`` is raised: what they lack is not
  there;
- an object that is not accepted raises ``FrontEndRefused`` with the front
  end's reason, and leaves everything else as it was;
- a creation without an answer raises ``FrontEndUnsure``, and is not repeated;
  what can be repeated without harm is, some times;
- deleting what is gone is no error;
- values of other programs are read, never run;
- no error and no log holds a password or a token.
"""
