//! Every socket and device: listeners, mutual TLS, peers, services, fetching
