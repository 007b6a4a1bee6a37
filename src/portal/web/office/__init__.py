"""What the desk's and the head office's pages share: services, browser, page, words.

Only the staff process loads it.
"""
