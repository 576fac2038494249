//! Every durable byte: SQLite and files
