"""The demo organization: Northwind Cloud, with a year behind it. For development only."""
