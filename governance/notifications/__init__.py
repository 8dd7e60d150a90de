"""What people and other programs are told: the outbox, mails, webhooks, digests and reminders."""
