"""What the caller hears: the FastAGI server, the caller's flow, prompts and spoken numbers in four languages."""
