//! The central role: builds and signs the global configuration
