"""A page's own look: logo, favicon, accent colour and style sheet, each made safe before it is kept."""
