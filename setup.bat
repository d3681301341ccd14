@echo off
rem Installs the studio set (torch, transformers, whisper ...) into .venv without starting anything. May be run again.
rem No FFmpeg is fetched: PyAV, which the light set brings, reads and writes every format the studio uses.
setlocal
set "root=%~dp0"
call "%root%scripts\find-python.bat" || exit /b 1
%python% "%root%scripts\install.py" studio || exit /b 1
cd /d "%root%"
".venv\Scripts\python.exe" -m backend.cli doctor
exit /b %errorlevel%
