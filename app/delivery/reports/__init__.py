"""What the provider reports of mails after it took them: delivered, late, came back, called spam (decision 0033)."""
