"""Making the recordings: text to phonemes to speech to Opus. For building, never in a call; the `prompts` group."""
