"""What can happen to the ACD, as frozen data: the inputs of `step(state, event, now)`, a file for whom each happens to.

Every event is harmless when it comes late, twice or for something that is gone: `step` then answers with no command.
Times are epoch seconds, durations seconds. Ids: contact = the caller's channel Uniqueid as first seen; agent = the
extension ("1001"); reservation = a number that only grows. `reservation_id`, where an event has one, tells the
witness of an earlier ring from that of this one: give it when it is known.
"""
