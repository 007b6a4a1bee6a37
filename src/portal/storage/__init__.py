"""SQLAlchemy tables, queries and the unit of work, for SQLite and PostgreSQL alike."""
