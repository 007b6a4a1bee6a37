"""The two web processes: gunicorn around an application, and what stands before it.

`captive` and `staff` each make one application and import nothing of the other's.
"""
