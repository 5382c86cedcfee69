"""Batches of requests on disk, answered one by one where a provider has no batch API of its own."""
