# One image for web, worker and timetable; the command chooses. The `demo` stage adds the simulated AWS organization.
FROM python:3.12-slim AS portal
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PATCHPORTAL_STATIC_ROOT=/srv/static
WORKDIR /srv/patchportal
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY manage.py pyproject.toml ./
COPY patchportal patchportal
COPY policies policies
COPY templates templates
COPY static static
RUN PATCHPORTAL_PLAIN_HTTP=true python manage.py collectstatic --noinput && useradd --system --uid 10001 portal
USER portal
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "patchportal.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4"]

FROM portal AS demo
USER root
COPY requirements-demo.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements-demo.txt
COPY sandbox sandbox
USER portal

FROM portal
