"""Who we talk to: the only room that imports boto3. Each door answers with frozen dataclasses and raises AwsProblem.

Functions take `aws` (connect.Aws) first. AWS's exact words inside, the product's words in what comes out. Each door
lists the IAM actions it needs in PERMISSIONS, which `manage.py print_iam_policy` joins.
"""
