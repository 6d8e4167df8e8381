"""PatchPortal's product, in one sentence: ask -> plan -> deploy -> observe.

An administrator answers a wizard (ask); the portal works out what must exist in AWS (plan); workers make it so, one
recorded step at a time (deploy); workers read AWS back and the pages show what is true (observe).

Stages:  wizard/ asks   plan/ decides   deploy/ does   observe/ sees   (before them all: onboard/ makes AWS ready)
Shelves: domain/ what is true   models/ what we remember   aws/ who we talk to   access.py who may
         sign_in.py who it is, and what was typed before that was known   help/ what each heading means
Floors (imports go down only; `make check` guards them):
    6  urls
    5  wizard | onboard               neither knows the other
    4  deploy | observe | help    none of the three knows another
    3  access, and below it sign_in
    2  plan | models | aws        none of the three knows another
    1  domain

Words: policy - a patch policy configuration, named in AWS by five characters, its configuration id;
baseline - the rules that approve patches for one operating system; override file - baseline_overrides.json, the
baselines in the policy's bucket, read by every run; deployment - one change of AWS, in recorded steps; stack
instance - one account-Region of a deployment; shard - one account-Region as it is read; run - one association
execution; policy status - Compliant or Non-compliant, by the association's execution; patch findings - what the last
scan found; sync - the hourly refresh of the override file; drift - what differs from the plan.
"""
