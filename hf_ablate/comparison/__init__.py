"""Several ranked runs side by side: how agreement and loss depend on what differs between them."""
