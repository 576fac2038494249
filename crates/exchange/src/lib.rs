//! The security-server role: consumer and provider orchestrators and their ports
