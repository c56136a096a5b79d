"""What a page's template sees: small frozen records, each computed from the edition for one page."""
