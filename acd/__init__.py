"""Who answers, and when: the pure core and the threads around it (dispatcher, AMI, journal, metrics)."""
