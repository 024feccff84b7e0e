"""What organizations and pages are called and where they are found, also under the addresses that they had before."""
