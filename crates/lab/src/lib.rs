//! Test trust services and sample registers for a laboratory federation
