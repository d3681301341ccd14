@echo off
rem Sets %python% to a Python for the studio: the one of .venv, else the launcher's 3.13, 3.12 or 3.11, else python.
rem Called by start.bat and setup.bat, which set %root%.
set python=
set probe="import sys; assert (3, 11) <= sys.version_info[:2] <= (3, 13); import venv, ensurepip, ssl, sqlite3"

if exist "%root%.venv\Scripts\python.exe" (
    "%root%.venv\Scripts\python.exe" -c %probe% >nul 2>nul && (
        set python="%root%.venv\Scripts\python.exe"
        exit /b 0
    )
)
for %%v in (3.13 3.12 3.11) do (
    py -%%v -c %probe% >nul 2>nul && (
        set python=py -%%v
        exit /b 0
    )
)
for %%n in (python python3) do (
    %%n -c %probe% >nul 2>nul && (
        set python=%%n
        exit /b 0
    )
)
echo The studio needs Python 3.11, 3.12 or 3.13. Found:
py -0 2>nul
python --version 2>nul || echo   no Python on the PATH
echo Install one from python.org (tick "Add python.exe to PATH") or by: winget install Python.Python.3.13
exit /b 1
