@echo off
rem Starts the studio and opens its page. The first start makes .venv and installs the light set; later ones install nothing.
rem Options: --port N   --host ADDRESS   --token KEY   --data-dir FOLDER (in full)   --wyoming   --no-browser
setlocal
set "root=%~dp0"
call "%root%scripts\find-python.bat" || exit /b 1
%python% "%root%scripts\install.py" light || exit /b 1
cd /d "%root%"
".venv\Scripts\python.exe" -m backend.app %*
exit /b %errorlevel%
