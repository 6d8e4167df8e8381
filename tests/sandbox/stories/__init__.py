"""What people do with the AWS command line: a story for each group of operations that the sandbox answers."""
