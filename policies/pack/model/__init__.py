"""What rules read: resources, the Kubernetes objects and pods in them, and the stack as a whole."""
