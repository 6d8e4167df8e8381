"""What every test can ask for: the three kinds of people, and a browser client for each."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client


def _person(role: str) -> User:
    person = User.objects.create_user(username=role, password="correct horse battery")
    person.groups.add(Group.objects.get_or_create(name=role)[0])
    return person


def _client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def viewer(db: None) -> User:
    """Someone who may see everything and change nothing."""
    return _person("viewer")


@pytest.fixture
def operator(db: None) -> User:
    """Someone who may refresh, retry and sync."""
    return _person("operator")


@pytest.fixture
def administrator(db: None) -> User:
    """Someone who may create, edit and delete policies."""
    return _person("administrator")


@pytest.fixture
def as_viewer(viewer: User) -> Client:
    """A client signed in as the viewer."""
    return _client_of(viewer)


@pytest.fixture
def as_operator(operator: User) -> Client:
    """A client signed in as the operator."""
    return _client_of(operator)


@pytest.fixture
def as_administrator(administrator: User) -> Client:
    """A client signed in as the administrator."""
    return _client_of(administrator)
