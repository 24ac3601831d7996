"""A payment provider on this machine, which speaks as much of Stripe's protocol as the portal asks.

The demo and the tests pay here, so that anyone can press Pay without an account, a network or money.
It keeps its state in a folder and survives a restart. It takes no live key. Its objects have the
fields and types of the library's classes, which a test holds, and it refuses what Stripe refuses:
an unknown parameter, an amount that is too small, the same idempotency key for something else.

| module | what it has |
| --- | --- |
| ``book`` | what is kept: objects, answers by idempotency key, webhooks that are to be sent |
| ``objects`` | new objects, with every field that they have at Stripe |
| ``account`` | what happens: a page is opened and paid, money goes back, a payout is made |
| ``protocol`` | which address asks for what, with which parameters |
| ``pages`` | the pay page, and the desk, from which a person makes happen what takes banks days |
| ``webhooks`` | signing and sending, and how it goes wrong when it is told to |
| ``server`` | HTTP |
"""
