"""Call-backs (예약전화): what was booked, kept on the disk with its number, and the way to the telephone."""
