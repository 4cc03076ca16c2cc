"""The dispatcher's doors, by who comes through them; `acd.dispatcher.Dispatcher` is all of them."""
