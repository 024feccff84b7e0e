"""The demo organization: Northwind Cloud, with three months behind it. For development only."""
