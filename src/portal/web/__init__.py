"""The pages: Flask applications for patrons, for staff and administrators, and the API.

A view parses, calls one use case and renders. The language ground they share stands
here: translations, presentation of figures and dates, sentences for reasons, component
macros and style sheets. Rules live in `service` and below, never here.
"""
