"""The staff's pages: the same look and the same rules as the members' pages, for whoever's role reaches them."""
